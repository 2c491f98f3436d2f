// SPDX-License-Identifier: GPL-2.0
//
// check: what lets one assertion be read by every tool. Assertions stand beside what they guard, between
// `ifdef CHECK and `endif, as `CHECK_NAME(label) assert (condition). A tool that has no labels drops the name.
// Listed right after the package; without CHECK it defines nothing.
`ifdef CHECK
`ifdef __ICARUS__
`define CHECK_NAME(label)
`else
`define CHECK_NAME(label) label:
`endif
`endif

// The same for `COVER_NAME(label) cover (condition) between `ifdef COVER and `endif: an event the tests must bring about
// at least once (./dmmu coverage).
`ifdef COVER
`ifdef __ICARUS__
`define COVER_NAME(label)
`else
`define COVER_NAME(label) label:
`endif
`endif
