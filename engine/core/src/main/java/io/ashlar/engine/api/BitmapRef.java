package io.ashlar.engine.api;

/** A bitmap of a node. */
public record BitmapRef(String node, String name) {}
