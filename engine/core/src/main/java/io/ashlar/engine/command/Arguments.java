package io.ashlar.engine.command;

import io.ashlar.spi.Options;
import java.util.Map;

/**
 * Checked arguments of one call.
 *
 * @param values the plain ones, defaults filled in
 * @param objects the others, as they came
 * @param raw all of them, as they came
 */
record Arguments(Options values, Map<String, Object> objects, Map<String, ?> raw) {}
