/**
 * The driver {@code file}: regular files and block devices, with QEMU's cache modes and its locks.
 */
package io.ashlar.driver.file;
