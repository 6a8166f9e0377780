/** Tests of {@code ashlar journal}. */
package io.ashlar.cli.journal;
