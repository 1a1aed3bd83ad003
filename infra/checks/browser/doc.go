// Package browser drives the payer's pages in a real browser: the whole platform with its simulated bank in this process,
// Chromium beside it. It runs with the build tag «browser»; install.sh puts Chromium where it is missing. GIBERNO_CHROMIUM
// names another program, GIBERNO_PICTURES a folder that keeps the pictures of the pages.
package browser
