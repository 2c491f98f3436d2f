// SPDX-License-Identifier: GPL-2.0
//
// irq_cross: interrupt requests from the device's clock to the bridge's, by a handshake of four phases, so that each request
// becomes one message however the clocks stand to each other. Towards the bridge it is what the XDMA and QDMA bridges
// want of usr_irq_req and usr_irq_ack with MSI-X (PG194, PG195): held until acknowledged, then low before the next.
// A request that a reset takes back while it crosses is still a message, but none is acknowledged for it: one made anew waits
// for the handshake to end, and becomes a message of its own.
// A request crosses after the data it announces: that was answered through the same bridge before it was made.
`default_nettype none

module irq_cross #(
    // number of lines
    parameter N = 5
) (
    // the device's side
    input  wire         s_clk,
    input  wire         s_rst,
    input  wire [N-1:0] s_req,
    output wire [N-1:0] s_ack,

    // the bridge's side
    input  wire         m_clk,
    input  wire         m_rst,
    output wire [N-1:0] m_req,
    input  wire [N-1:0] m_ack
);
    logic [N-1:0] send_reg;
    logic [N-1:0] stands_reg;   // what is being sent is still requested
    logic [N-1:0] ack_reg;
    logic [N-1:0] req_reg;
    logic [N-1:0] sent_reg;
    wire  [N-1:0] send_there;
    wire  [N-1:0] sent_here;

    always_ff @(posedge s_clk) begin
        send_reg <= (send_reg | (s_req & ~sent_here & ~ack_reg)) & ~(send_reg & sent_here);
        stands_reg <= s_req & (stands_reg | ~send_reg);
        ack_reg <= send_reg & sent_here & stands_reg & s_req;
        if (s_rst) begin
            send_reg <= '0;
            ack_reg <= '0;
            stands_reg <= '0;
        end
    end

    always_ff @(posedge m_clk) begin
        req_reg <= (req_reg | (send_there & ~sent_reg)) & ~(req_reg & m_ack);
        sent_reg <= (sent_reg | (req_reg & m_ack)) & send_there;
        if (m_rst) begin
            req_reg <= '0;
            sent_reg <= '0;
        end
    end

    sync_bits #(.W(N)) to_bridge (.clk(m_clk), .rst(m_rst), .d(send_reg), .q(send_there));
    sync_bits #(.W(N)) to_device (.clk(s_clk), .rst(s_rst), .d(sent_reg), .q(sent_here));

    assign s_ack = ack_reg;
    assign m_req = req_reg & {N{!m_rst}};

`ifdef CHECK
    logic [N-1:0] past_req;
    always_ff @(posedge s_clk) begin
        past_req <= s_req;
        if (!s_rst) begin
            `CHECK_NAME(acknowledged_is_requested) assert ((ack_reg & ~past_req) == '0);
        end
    end
`endif
`ifdef COVER
    always_ff @(posedge s_clk) begin
        if (!s_rst) begin
            `COVER_NAME(request_again_before_the_line_is_low) cover ((s_req & sent_here & ~send_reg & ~ack_reg) != '0);
        end
    end
`endif
endmodule

`default_nettype wire
