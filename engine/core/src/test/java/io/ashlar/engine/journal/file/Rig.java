package io.ashlar.engine.journal.file;

import io.ashlar.spi.FileIo;
import io.ashlar.spi.contract.ManualClock;
import io.ashlar.spi.system.SystemWaits;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** What tests of the journal share: one identity, small files, and records that are short texts. */
final class Rig {
  static final Path PATH = Path.of("/images/disk.qcow2.ashlar-journal");
  static final JournalIdentity IDENTITY = new JournalIdentity(new UUID(1, 2), new UUID(3, 4));
  static final JournalSettings SMALL = new JournalSettings(8192, 0);
  static final int TEXT = 1000;

  private Rig() {}

  /** Everything that the executor is to do happens at once. */
  static JournalEnvironment environment(FileIo files) {
    return new JournalEnvironment(files, SystemWaits.INSTANCE, new ManualClock(), Runnable::run);
  }

  static Journal create(FileIo files, JournalRules rules) {
    return Journal.create(environment(files), PATH, IDENTITY, SMALL, rules);
  }

  static Journal create(FileIo files) {
    return create(files, JournalRules.STANDARD);
  }

  static Journal open(FileIo files, List<String> found, JournalRules rules) {
    return Journal.open(
        environment(files), PATH, JournalExpectation.of(IDENTITY), SMALL, collect(found), rules);
  }

  static Journal open(FileIo files, List<String> found) {
    return open(files, found, JournalRules.STANDARD);
  }

  /** The texts in a file, which is only read. */
  static List<String> read(FileIo files, JournalRules rules) {
    List<String> found = new ArrayList<>();
    JournalReader.read(files, PATH, collect(found), rules);
    return found;
  }

  static List<String> read(FileIo files) {
    return read(files, JournalRules.STANDARD);
  }

  static RecordVisitor collect(List<String> found) {
    return record -> {
      if (record.type() == TEXT) {
        found.add(text(record));
      }
    };
  }

  static NewRecord text(String text) {
    return new NewRecord(TEXT, ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
  }

  static String text(JournalRecord record) {
    return StandardCharsets.UTF_8.decode(record.payload()).toString();
  }

  static List<NewRecord> texts(List<String> texts) {
    return texts.stream().map(Rig::text).toList();
  }

  /** A text of about that many bytes, all different. */
  static String longText(String name, int length) {
    StringBuilder text = new StringBuilder(name);
    for (int i = 0; text.length() < length; i++) {
      text.append(' ').append(i);
    }
    return text.toString();
  }
}
