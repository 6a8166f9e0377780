/** A program that runs the engine in its own process. */
package io.ashlar.examples.embedding;
