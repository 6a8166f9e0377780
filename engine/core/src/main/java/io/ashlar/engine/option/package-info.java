/**
 * Checking of options: from the nested maps that files and callers bring to typed, complete values,
 * with an error that names the place and the nearest known name for everything that is wrong.
 */
package io.ashlar.engine.option;
