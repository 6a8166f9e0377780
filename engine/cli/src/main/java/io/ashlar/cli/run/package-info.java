/** {@code ashlar run}: graph files, their steps, and what is printed about them. */
package io.ashlar.cli.run;
