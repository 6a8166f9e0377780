/** What may depend on what, and what no code of Ashlar's may call. */
package io.ashlar.tests.architecture;
