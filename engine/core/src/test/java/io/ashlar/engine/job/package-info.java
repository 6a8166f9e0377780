/** Tests of jobs: their states by themselves, and backups over real files and drivers. */
package io.ashlar.engine.job;
