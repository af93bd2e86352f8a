// Original file: proto/heliu/v1/catalog.proto

import type { ChainedChange as _heliu_v1_ChainedChange, ChainedChange__Output as _heliu_v1_ChainedChange__Output } from '../../heliu/v1/ChainedChange.ts';

export interface SignedChangeBatch {
  'region'?: (string);
  'previousHead'?: (string);
  'changes'?: (_heliu_v1_ChainedChange)[];
  'sequence'?: (string);
  'head'?: (string);
  'at'?: (string);
  'keyId'?: (string);
  'signature'?: (string);
}

export interface SignedChangeBatch__Output {
  'region': (string);
  'previousHead': (string);
  'changes': (_heliu_v1_ChainedChange__Output)[];
  'sequence': (string);
  'head': (string);
  'at': (string);
  'keyId': (string);
  'signature': (string);
}
