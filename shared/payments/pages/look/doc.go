// Package look is the one look of our pages: the frame, the stylesheet, the headers that keep a page to itself. A page
// brings its own words and its own part of the frame; nothing here knows what a payment is.
//
// No page needs JavaScript, asks a third party for anything, or carries a style of its own.
package look
