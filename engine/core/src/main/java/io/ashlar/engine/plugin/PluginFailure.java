package io.ashlar.engine.plugin;

/**
 * A driver or plugin that could not be used.
 *
 * @param origin the plugin's directory, or "the class path"
 * @param message one sentence
 * @param cause what was thrown, or {@code null}
 */
public record PluginFailure(String origin, String message, Throwable cause) {}
