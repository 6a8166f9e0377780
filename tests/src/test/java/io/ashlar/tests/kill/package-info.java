/** Processes under load, killed without warning, and what is left of their bitmaps. */
package io.ashlar.tests.kill;
