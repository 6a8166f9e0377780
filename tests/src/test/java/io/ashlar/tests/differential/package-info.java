/**
 * Random operations on twin images, one worked by Ashlar and one by qemu-io: whatever can be seen
 * of the two must be equal. Nothing of QEMU's knowledge is repeated here; QEMU is asked.
 */
package io.ashlar.tests.differential;
