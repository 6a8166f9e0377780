/**
 * The history of an image's bitmaps: who froze, merged, cleared or removed what and when, in a
 * journal beside the image.
 *
 * <p>{@link io.ashlar.engine.journal.LifecycleLog} is what a node's bitmap directory tells it,
 * {@link io.ashlar.engine.journal.LifecycleEvent} is what is kept. The image is the truth: the
 * journal explains it and is never a reason to change it.
 */
package io.ashlar.engine.journal;
