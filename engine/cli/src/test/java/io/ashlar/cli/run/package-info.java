/** Graph files and what runs them. */
package io.ashlar.cli.run;
