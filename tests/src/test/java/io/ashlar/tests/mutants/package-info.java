/**
 * Rules of the project broken on purpose: patches of its sources, made in memory, compiled one file
 * at a time, each of which a named test has to notice.
 */
package io.ashlar.tests.mutants;
