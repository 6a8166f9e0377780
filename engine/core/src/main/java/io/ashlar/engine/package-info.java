/** The engine: a graph of block nodes, its bitmaps and its jobs. */
package io.ashlar.engine;
