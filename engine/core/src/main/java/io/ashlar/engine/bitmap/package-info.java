/**
 * The bitmap directory of a node: which bitmaps it has, what the image says about them, and who may
 * change them when.
 *
 * <p>{@link io.ashlar.engine.bitmap.BitmapDirectory} is the actor to ask, by {@link
 * io.ashlar.engine.bitmap.BitmapCommand}; {@link io.ashlar.engine.bitmap.NodeBitmaps} is what the
 * data path sees. Everything else is theirs.
 */
package io.ashlar.engine.bitmap;
