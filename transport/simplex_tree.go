package transport

import "math"

// node is a node of the basis tree with the arc to its parent. Every arc runs from
// a source to a sink, or by way of the root, so that its direction is known from
// the child: up from a source, down to a sink.
type node struct {
	parent int32 // −1 of the root
	prev   int32 // before it in the tree's order, −1 of the root
	last   int32 // of its subtree in the tree's order
	size   int32 // of its subtree
	sink   bool
	flow   int64   // on the arc to the parent
	cost   float64 // of the arc to the parent
}

// tree is a strongly feasible basis: all flows are at least 0 and an arc of flow 0
// points to the root. Its nodes are in an order in which every subtree is a run that
// begins with its root.
//
// The prices make up for the costs on the arcs of the tree: price[from] − price[to] is
// the cost. They are the dual u of a source and −v of a sink.
type tree struct {
	node  []node
	next  []int32 // in the order, −1 after the last
	price []float64
}

// thread sets the order, the sizes and the prices. The root comes first, and every
// node after its parent with the rest of the parent's subtree.
func (t *tree) thread(order []int32) {
	for at, x := range order {
		n := &t.node[x]
		n.prev, n.size, t.next[x] = -1, 1, -1
		if at > 0 {
			t.join(order[at-1], x)
		}
	}
	for at := len(order) - 1; at >= 0; at-- {
		n := &t.node[order[at]]
		n.last = order[at+int(n.size)-1]
		if at > 0 {
			t.node[n.parent].size += n.size
		}
	}
	t.reprice(order[0])
}

// reprice computes all prices anew from that of the root.
func (t *tree) reprice(root int32) {
	for x := t.next[root]; x >= 0; x = t.next[x] {
		if n := &t.node[x]; n.sink {
			t.price[x] = t.price[n.parent] - n.cost
		} else {
			t.price[x] = t.price[n.parent] + n.cost
		}
	}
}

// join makes y follow x; y is −1 at the end.
func (t *tree) join(x, y int32) {
	t.next[x] = y
	if y >= 0 {
		t.node[y].prev = x
	}
}

// pivot brings the arc from source i to sink j of the given cost into the basis.
//
// Flow is pushed along the cycle i → j ⇝ apex ⇝ i. Of the arcs that block it the
// last leaves, in the cycle's direction from the apex: this rule keeps the tree
// strongly feasible and hence cannot cycle [AKOT96].
func (t *tree) pivot(i, j int32, cost float64) {
	const unbounded = math.MaxInt64
	fromI, fromJ := int64(unbounded), int64(unbounded)
	leaveI, leaveJ := int32(-1), int32(-1)
	x, y := i, j
	for x != y { // a node is in no smaller subtree than its own
		if nx, ny := &t.node[x], &t.node[y]; nx.size <= ny.size {
			if !nx.sink && nx.flow < fromI {
				fromI, leaveI = nx.flow, x
			}
			x = nx.parent
		} else {
			if ny.sink && ny.flow <= fromJ {
				fromJ, leaveJ = ny.flow, y
			}
			y = ny.parent
		}
	}
	apex := x
	push, leave, top := fromI, leaveI, i
	if fromJ <= fromI {
		push, leave, top = fromJ, leaveJ, j
	}
	if push > 0 {
		t.push(i, apex, push, false)
		t.push(j, apex, push, true)
	}
	reduced := cost - t.price[i] + t.price[j]
	if top == j {
		reduced = -reduced
	}
	count := t.node[leave].size
	t.resize(t.node[leave].parent, apex, -count)
	t.resize(i+j-top, apex, count)
	t.rehang(top, leave, i+j-top, push, cost)
	t.shift(top, count, reduced)
}

// push adds the flow to the arcs between x and the apex, upwards or downwards.
func (t *tree) push(x, apex int32, flow int64, up bool) {
	for x != apex {
		n := &t.node[x]
		if n.sink != up {
			n.flow += flow
		} else {
			n.flow -= flow
		}
		x = n.parent
	}
}

// resize adds to the sizes of x and what is above it, below the apex.
func (t *tree) resize(x, apex, add int32) {
	for x != apex {
		t.node[x].size += add
		x = t.node[x].parent
	}
}

// rehang cuts the arc above leave, makes top, which is below, the root of the part
// cut off, and hangs it below p by an arc of the given flow and cost.
//
// In the order, the subtree of top becomes the first of the part; what the subtree
// of its former parent has besides comes next, and so on up to leave.
func (t *tree) rehang(top, leave, p int32, flow int64, cost float64) {
	l := &t.node[leave]
	above, before, end, count := l.parent, l.prev, l.last, l.size
	t.join(before, t.next[end])
	t.relast(above, end, before)
	under, done := p, int32(0)                           // new parent of x, and the old size of its subtree
	left, right, last := int32(-1), int32(-1), int32(-1) // what stood around that subtree, and its end
	tail := int32(-1)                                    // of the part so far, in its new order
	for x := top; ; {
		n := &t.node[x]
		up, f, c, size, prev, end, after := n.parent, n.flow, n.cost, n.size, n.prev, n.last, t.next[n.last]
		switch {
		case x == top:
			tail = end
		case end == last: // x … left
			after = right // next[end] has been changed
			t.join(tail, x)
			tail = left
		default: // x … left, right … end
			t.join(tail, x)
			t.join(left, right)
			tail = end
		}
		n.parent, n.flow, n.cost, n.size = under, flow, cost, count-done
		if x == leave {
			break
		}
		under, flow, cost, done = x, f, c, size
		left, right, last = prev, after, end
		x = up
	}
	for x := leave; x != p; x = t.node[x].parent {
		t.node[x].last = tail
	}
	t.relast(p, p, tail)
	t.join(tail, t.next[p])
	t.join(p, top)
}

// relast makes end the last node of the subtrees of x and what is above it that had
// the other.
func (t *tree) relast(x, other, end int32) {
	for x >= 0 && t.node[x].last == other {
		t.node[x].last = end
		x = t.node[x].parent
	}
}

// shift adds to the prices of the subtree of top, of the given size, or subtracts from
// all others: what is less. Only differences count.
func (t *tree) shift(top, count int32, add float64) {
	next, price := t.next, t.price
	if int(count) <= len(price)/2 {
		for x := top; count > 0; count-- {
			price[x] += add
			x = next[x]
		}
		return
	}
	x := int32(len(price) - 1)
	for ; x != top; x = next[x] {
		price[x] -= add
	}
	for x = next[t.node[top].last]; x >= 0; x = next[x] {
		price[x] -= add
	}
}
