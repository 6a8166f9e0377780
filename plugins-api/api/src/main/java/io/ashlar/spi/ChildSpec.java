package io.ashlar.spi;

/**
 * A child that a driver may have.
 *
 * @param role its name in options, such as {@code file}
 * @param kind what it is to the parent
 * @param required whether the driver cannot be opened without it
 * @param doc one line for people
 */
public record ChildSpec(String role, ChildKind kind, boolean required, String doc) {}
