package io.ashlar.engine.journal.file;

/** Sees records in the order of their numbers. */
@FunctionalInterface
public interface RecordVisitor {
  /** Sees one; the record may be kept. What it throws ends the reading. */
  void visit(JournalRecord found);
}
