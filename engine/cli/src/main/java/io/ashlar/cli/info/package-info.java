/** {@code ashlar info}: what an image is, and what its bitmaps are worth. */
package io.ashlar.cli.info;
