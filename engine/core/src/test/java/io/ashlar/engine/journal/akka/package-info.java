/** Persistent actors over journal files. */
package io.ashlar.engine.journal.akka;
