/** Architecture rules, comparisons with QEMU and tests of the whole. */
package io.ashlar.tests;
