/** What the pages in {@code docs} say of the tests is so. */
package io.ashlar.tests.docs;
