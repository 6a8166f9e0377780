/**
 * How bitmaps survive a crash: regions whose dirtying is durable in the image's journal before the
 * writes are issued, captures of the exact bits, and the recovery that puts both together.
 */
package io.ashlar.engine.bitmap.heat;
