/** What is told of images. */
package io.ashlar.cli.info;
