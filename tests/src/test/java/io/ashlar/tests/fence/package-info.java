/** The fence of an image against QEMU's own programs: which of their writes it notices. */
package io.ashlar.tests.fence;
