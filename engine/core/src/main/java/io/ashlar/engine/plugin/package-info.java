/** Discovery of drivers, those that come with the engine and those of plugin directories. */
package io.ashlar.engine.plugin;
