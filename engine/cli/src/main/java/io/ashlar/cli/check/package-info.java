/** {@code ashlar check}: what is wrong with an image, and mending it. */
package io.ashlar.cli.check;
