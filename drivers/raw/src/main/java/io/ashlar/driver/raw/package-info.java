/**
 * The raw format: a file's bytes as they are, or a window of them.
 *
 * <p>Lengths are exact to the byte. QEMU rounds a raw image up to the next multiple of 512: there a
 * file of 1,000 bytes is a disk of 1,024 whose last bytes read as zeroes and, when written, make
 * the file longer. Here it is a disk of 1,000 bytes.
 */
package io.ashlar.driver.raw;
