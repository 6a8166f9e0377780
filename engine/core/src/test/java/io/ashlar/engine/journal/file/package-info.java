/** The journal file: damage, loss of power, many callers. */
package io.ashlar.engine.journal.file;
