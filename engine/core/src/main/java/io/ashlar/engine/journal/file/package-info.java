/**
 * The journal: one append-only file beside an image. Records are durable before an append returns,
 * many callers share a flush, and whoever opens the file gets exactly what was acknowledged or is
 * told that the file is damaged. {@code docs/journal-format.md} has the bytes.
 */
package io.ashlar.engine.journal.file;
