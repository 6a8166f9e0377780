/** {@code ashlar journal}: the history of an image's bitmaps. */
package io.ashlar.cli.journal;
