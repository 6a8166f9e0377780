/** What is found wrong with images, and mended. */
package io.ashlar.cli.check;
