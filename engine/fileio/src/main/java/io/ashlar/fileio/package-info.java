/** Files by raw descriptors, with byte-range locks that QEMU honours. */
package io.ashlar.fileio;
