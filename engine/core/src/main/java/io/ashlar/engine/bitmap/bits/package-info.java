/**
 * Dirty bitmaps in memory and the recording of writes into them, without locks on the write path
 * and without actors.
 */
package io.ashlar.engine.bitmap.bits;
