/** Checking of options. */
package io.ashlar.engine.option;
