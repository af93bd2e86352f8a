// Original file: proto/heliu/v1/settlement.proto

import type { TreeEntry as _heliu_v1_TreeEntry, TreeEntry__Output as _heliu_v1_TreeEntry__Output } from '../../heliu/v1/TreeEntry.ts';

export interface TreeNode {
  'prefix'?: (string);
  'count'?: (string);
  'hash'?: (string);
  'entries'?: (_heliu_v1_TreeEntry)[];
  'children'?: (string)[];
}

export interface TreeNode__Output {
  'prefix': (string);
  'count': (string);
  'hash': (string);
  'entries': (_heliu_v1_TreeEntry__Output)[];
  'children': (string)[];
}
