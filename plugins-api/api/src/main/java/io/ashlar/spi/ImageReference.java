package io.ashlar.spi;

/**
 * A name of another file that stands inside an image. It is inert text: nothing is opened because
 * of it unless the caller maps it to a node.
 *
 * @param role the child it is meant for, such as {@code backing}
 * @param name the text as stored, not cleaned: print it through {@link Texts#printable}
 * @param format the driver that the image claims for it, or {@code null} when it claims none
 */
public record ImageReference(String role, String name, String format) {}
