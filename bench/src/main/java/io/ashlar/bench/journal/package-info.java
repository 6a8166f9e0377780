/**
 * What an append to the journal costs, and how long a persistent actor takes to recover from it.
 */
package io.ashlar.bench.journal;
