// Original file: proto/heliu/v1/settlement.proto

import type { TreeNode as _heliu_v1_TreeNode, TreeNode__Output as _heliu_v1_TreeNode__Output } from '../../heliu/v1/TreeNode.ts';

export interface TreeNodeAnswer {
  'nodes'?: (_heliu_v1_TreeNode)[];
}

export interface TreeNodeAnswer__Output {
  'nodes': (_heliu_v1_TreeNode__Output)[];
}
