/**
 * Admission of requests: tickets, and closing the gate until no request is in flight. Nothing here
 * knows nodes or actors.
 */
package io.ashlar.engine.admission;
