/** The launcher script, as people call it. */
package io.ashlar.tests.launcher;
