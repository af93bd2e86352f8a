// Original file: proto/heliu/v1/transfer.proto

import type { OfferedReceipt as _heliu_v1_OfferedReceipt, OfferedReceipt__Output as _heliu_v1_OfferedReceipt__Output } from '../../heliu/v1/OfferedReceipt.ts';
import type { Refusal as _heliu_v1_Refusal, Refusal__Output as _heliu_v1_Refusal__Output } from '../../heliu/v1/Refusal.ts';

export interface _heliu_v1_Frame_Accepted {
  'listVersion'?: (string);
}

export interface _heliu_v1_Frame_Accepted__Output {
  'listVersion': (string);
}

export interface _heliu_v1_Frame_BatchBegin {
  'batch'?: (string);
  'rows'?: (string);
  'bytes'?: (string);
  'receipt'?: (_heliu_v1_OfferedReceipt | null);
}

export interface _heliu_v1_Frame_BatchBegin__Output {
  'batch': (string);
  'rows': (string);
  'bytes': (string);
  'receipt': (_heliu_v1_OfferedReceipt__Output | null);
}

export interface _heliu_v1_Frame_End {
  'rows'?: (string);
  'bytes'?: (string);
  'sha256'?: (string);
  'batches'?: (string);
}

export interface _heliu_v1_Frame_End__Output {
  'rows': (string);
  'bytes': (string);
  'sha256': (string);
  'batches': (string);
}

export interface Frame {
  'data'?: (Buffer | Uint8Array | string);
  'batchBegin'?: (_heliu_v1_Frame_BatchBegin | null);
  'receipt'?: (_heliu_v1_OfferedReceipt | null);
  'end'?: (_heliu_v1_Frame_End | null);
  'refused'?: (_heliu_v1_Refusal | null);
  'accepted'?: (_heliu_v1_Frame_Accepted | null);
  'frame'?: "data"|"batchBegin"|"receipt"|"end"|"refused"|"accepted";
}

export interface Frame__Output {
  'data'?: (Buffer);
  'batchBegin'?: (_heliu_v1_Frame_BatchBegin__Output | null);
  'receipt'?: (_heliu_v1_OfferedReceipt__Output | null);
  'end'?: (_heliu_v1_Frame_End__Output | null);
  'refused'?: (_heliu_v1_Refusal__Output | null);
  'accepted'?: (_heliu_v1_Frame_Accepted__Output | null);
  'frame'?: "data"|"batchBegin"|"receipt"|"end"|"refused"|"accepted";
}
