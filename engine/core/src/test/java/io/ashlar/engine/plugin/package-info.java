/** Discovery of drivers. */
package io.ashlar.engine.plugin;
