// SPDX-License-Identifier: GPL-2.0
//
// axil_guard: AXI4-Lite accesses, one read and one write at a time, to a slave that may be held in reset. While `hold` is high
// the slave is left alone, writes vanish and reads are answered with all ones, as PCIe does where nothing is: a host that
// looks at the device then does not hang. An access under way when `hold` rises is answered the same way.
`default_nettype none

module axil_guard #(
    // bits of an address
    parameter A = 16
) (
    input  wire         clk,
    input  wire         rst,
    // rises with the slave's reset, or before, and falls after it
    input  wire         hold,

    input  wire         s_awvalid,
    output wire         s_awready,
    input  wire [A-1:0] s_awaddr,
    input  wire         s_wvalid,
    output wire         s_wready,
    input  wire [31:0]  s_wdata,
    input  wire [3:0]   s_wstrb,
    output wire         s_bvalid,
    input  wire         s_bready,
    output wire [1:0]   s_bresp,
    input  wire         s_arvalid,
    output wire         s_arready,
    input  wire [A-1:0] s_araddr,
    output wire         s_rvalid,
    input  wire         s_rready,
    output wire [31:0]  s_rdata,
    output wire [1:0]   s_rresp,

    output wire         m_awvalid,
    input  wire         m_awready,
    output wire [A-1:0] m_awaddr,
    output wire         m_wvalid,
    input  wire         m_wready,
    output wire [31:0]  m_wdata,
    output wire [3:0]   m_wstrb,
    input  wire         m_bvalid,
    output wire         m_bready,
    input  wire [1:0]   m_bresp,
    output wire         m_arvalid,
    input  wire         m_arready,
    output wire [A-1:0] m_araddr,
    input  wire         m_rvalid,
    output wire         m_rready,
    input  wire [31:0]  m_rdata,
    input  wire [1:0]   m_rresp
);
    logic         write_reg;    // a write is under way
    logic         aw_reg;       // its address, its data are still to be taken
    logic         w_reg;
    logic [A-1:0] awaddr_reg;
    logic [31:0]  wdata_reg;
    logic [3:0]   wstrb_reg;
    logic         write_lost_reg;   // the slave was held when it came
    logic         b_reg;        // its answer waits to be taken
    logic [1:0]   bresp_reg;
    logic         read_reg;
    logic         read_lost_reg;
    logic         ar_reg;
    logic [A-1:0] araddr_reg;
    logic         r_reg;
    logic [31:0]  rdata_reg;
    logic [1:0]   rresp_reg;

    wire write_gone = hold || write_lost_reg;
    wire read_gone = hold || read_lost_reg;

    assign s_awready = !write_reg && !b_reg && s_wvalid;
    assign s_wready = !write_reg && !b_reg && s_awvalid;
    assign s_arready = !read_reg && !r_reg;

    always_ff @(posedge clk) begin
        if (s_bready) b_reg <= 1'b0;
        if (m_awready) aw_reg <= 1'b0;
        if (m_wready) w_reg <= 1'b0;
        if (s_awvalid && s_awready) begin
            write_reg <= 1'b1;
            write_lost_reg <= hold;
            aw_reg <= 1'b1;
            w_reg <= 1'b1;
            awaddr_reg <= s_awaddr;
            wdata_reg <= s_wdata;
            wstrb_reg <= s_wstrb;
        end
        if (write_reg && (write_gone || m_bvalid)) begin
            write_reg <= 1'b0;
            b_reg <= 1'b1;
            bresp_reg <= write_gone ? 2'd0 : m_bresp;
        end
        if (s_rready) r_reg <= 1'b0;
        if (m_arready) ar_reg <= 1'b0;
        if (s_arvalid && s_arready) begin
            read_reg <= 1'b1;
            read_lost_reg <= hold;
            ar_reg <= 1'b1;
            araddr_reg <= s_araddr;
        end
        if (read_reg && (read_gone || m_rvalid)) begin
            read_reg <= 1'b0;
            r_reg <= 1'b1;
            rdata_reg <= read_gone ? 32'hffffffff : m_rdata;
            rresp_reg <= read_gone ? 2'd0 : m_rresp;
        end
        if (hold) begin
            aw_reg <= 1'b0;
            w_reg <= 1'b0;
            ar_reg <= 1'b0;
        end
        if (rst) begin
            write_reg <= 1'b0;
            aw_reg <= 1'b0;
            w_reg <= 1'b0;
            b_reg <= 1'b0;
            read_reg <= 1'b0;
            ar_reg <= 1'b0;
            r_reg <= 1'b0;
        end
    end

    assign m_awvalid = aw_reg && !hold;
    assign m_awaddr = awaddr_reg;
    assign m_wvalid = w_reg && !hold;
    assign m_wdata = wdata_reg;
    assign m_wstrb = wstrb_reg;
    assign m_bready = write_reg;
    assign m_arvalid = ar_reg && !hold;
    assign m_araddr = araddr_reg;
    assign m_rready = read_reg;
    assign s_bvalid = b_reg;
    assign s_bresp = bresp_reg;
    assign s_rvalid = r_reg;
    assign s_rdata = rdata_reg;
    assign s_rresp = rresp_reg;

`ifdef COVER
    always_ff @(posedge clk) begin
        if (!rst) begin
            `COVER_NAME(read_while_the_device_is_held) cover (read_reg && hold);
        end
    end
`endif
endmodule

`default_nettype wire
