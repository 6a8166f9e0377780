/** The ashlar command. */
package io.ashlar.cli;
