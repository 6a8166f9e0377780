/**
 * The transaction that takes a graph from one state to the next: quiesce, prepare in two passes,
 * decide, commit or abort.
 */
package io.ashlar.engine.reopen;
