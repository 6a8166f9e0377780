/** The commands. */
package io.ashlar.engine.command;
